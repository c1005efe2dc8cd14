/** Text of somebody else's that moves no terminal. */

export const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')
