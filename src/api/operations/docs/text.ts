/** Prose as it stands in the page. */
import { escapeHtml } from '../escapeHtml.js'

/** Text with `code` in it. */
export const prose = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
