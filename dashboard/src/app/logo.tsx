/** A small gate with a keyhole. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b5c46" />
      <path
        d="M9 25V14a7 7 0 0 1 14 0v11"
        fill="none"
        stroke="#fff"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <circle cx="16" cy="17" r="2.4" fill="#fff" />
      <path d="M16 18.5v4" stroke="#fff" strokeWidth="2.5" strokeLinecap="round" />
    </svg>
  )
}
