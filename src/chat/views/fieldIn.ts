/** What a person wrote into a field of a form. */

export const fieldIn = (form: EventTarget | null, name: string): string => {
  const value = new FormData(form as HTMLFormElement).get(name)
  return typeof value === 'string' ? value.trim() : ''
}
