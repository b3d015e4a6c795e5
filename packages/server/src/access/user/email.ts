/** An e-mail address as it is kept and looked for: letter case, and how letters are composed, make no difference. */
export const normalEmail = (email: string): string => email.normalize('NFC').toLowerCase()
