// Whose words a draft holds. Pure.

// Whether what is kept for all tabs, or was sent last, holds what was written in this one: nothing, or all of it. Where it
// does not, other words were written elsewhere, and each tab has its own.
export const isKeptBy = (own, shared) => shared.includes(own)
