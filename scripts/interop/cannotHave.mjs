// A tool that is not to be had here: its part is skipped, and says so.

export class CannotHave extends Error {}
