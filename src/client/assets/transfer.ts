/** A file on its way, up or down: how far it is, and how it is called off. */

/** How many of the file's bytes are there. */
export type FileProgress = { readonly bytes: number; readonly size: number }
export type OnFileProgress = (progress: FileProgress) => void

export type Transfer = { readonly onProgress?: OnFileProgress; readonly signal?: AbortSignal }

/** Bytes `start` to before `end` of the file; to its end, where none is named. */
export type FileRange = { readonly start: number; readonly end?: number }

export type DownloadOptions = Transfer & { readonly range?: FileRange }
