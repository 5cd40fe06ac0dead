/** The version of the privacy text (pages/privacy/text.ts): its date. A new one is agreed to again. */
export const PRIVACY_VERSION = '2026-11-22'
