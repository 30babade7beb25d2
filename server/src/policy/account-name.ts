/** Lower-case letters, digits and hyphens inside: an account's name is also a label of a host name. */
export const accountNamePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
