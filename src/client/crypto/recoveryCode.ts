/** The recovery code as a person writes it down: 128 bits in Crockford's Base32, with the check symbol that catches a slip. */

const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const checkSymbols = `${symbols}*~$=U`
const codeBytes = 16
/** 130 bits, of which the first two are 0. */
const codeSymbols = 26
const groupSymbols = 4

/** Groups of four and a last of three: the check symbol is the last one. */
export const writeRecoveryCode = (bytes: Uint8Array): string => {
  const value = numberOf(bytes)
  let text = ''
  for (let rest = value, left = codeSymbols; left > 0; left--, rest >>= 5n)
    text = symbols.charAt(Number(rest & 31n)) + text
  const checked = text + checkSymbols.charAt(Number(value % 37n))
  return (checked.match(new RegExp(`.{1,${groupSymbols}}`, 'g')) ?? []).join('-')
}

/** Undefined where it was not written so; small letters, I and L for 1, O for 0, and whatever stands between are fine. */
export const readRecoveryCode = (text: string): Uint8Array | undefined => {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  if (plain.length !== codeSymbols + 1) return undefined
  let value = 0n
  for (const symbol of plain.slice(0, -1)) {
    const digit = symbols.indexOf(symbol)
    if (digit < 0) return undefined
    value = (value << 5n) | BigInt(digit)
  }
  if (value >> 128n !== 0n || checkSymbols.charAt(Number(value % 37n)) !== plain.at(-1)) return undefined
  return Uint8Array.from({ length: codeBytes }, (_, index) =>
    Number((value >> BigInt(8 * (codeBytes - 1 - index))) & 255n),
  )
}

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
