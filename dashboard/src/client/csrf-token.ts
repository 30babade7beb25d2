let token = ''

/** What proves that a request comes from this page: GET /session tells it. */
export function csrfToken(): string {
  return token
}

export function setCsrfToken(told: string): void {
  token = told
}
