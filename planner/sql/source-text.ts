/**
 * Positions. libpg-query speaks of bytes of UTF-8, JavaScript of UTF-16 units, PostgreSQL's clients of
 * 1-based characters. A piece of a statement is parsed on its own at times, so each text knows where it
 * stands in the whole.
 */

/** A text as it was given to the parser, and the character offset at which it stands in the client's text. */
export class SourceText {
  readonly text: string
  /** Characters before this text in the client's text; negative by what was put in front of a piece. */
  readonly charactersBefore: number
  /** For each byte of a text that is not ASCII: the characters, and the UTF-16 units, before it. */
  readonly #offsets: { readonly characters: Uint32Array; readonly units: Uint32Array } | undefined

  constructor(text: string, charactersBefore = 0) {
    this.text = text
    this.charactersBefore = charactersBefore
    this.#offsets = isAscii(text) ? undefined : countOffsets(text)
  }

  /**
   * The 1-based position in the client's text of a byte offset here; 0 for an unknown (-1) one. Absent means
   * 0.
   */
  position(byte: number | undefined): number {
    if (byte === undefined) return this.charactersBefore + 1
    if (byte < 0) return 0
    const characters = this.#offsets === undefined ? byte : this.#offsets.characters[byte]!
    return this.charactersBefore + characters + 1
  }

  /** UTF-16 index in `text` of a byte offset. */
  indexOfByte(byte: number): number {
    return this.#offsets === undefined ? byte : this.#offsets.units[byte]!
  }

  /** The 1-based position in the client's text of a UTF-16 index in `text`. */
  positionOfIndex(index: number): number {
    const characters = this.#offsets === undefined ? index : countCharacters(this.text.slice(0, index))
    return this.charactersBefore + characters + 1
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false
  return true
}

function countOffsets(text: string): { characters: Uint32Array; units: Uint32Array } {
  const bytes = new TextEncoder().encode(text)
  const characters = new Uint32Array(bytes.length + 1)
  const units = new Uint32Array(bytes.length + 1)
  for (let at = 0; at < bytes.length; at++) {
    const starts = (bytes[at]! & 0xc0) !== 0x80
    characters[at + 1] = characters[at]! + (starts ? 1 : 0)
    units[at + 1] = units[at]! + (bytes[at]! >= 0xf0 ? 2 : starts ? 1 : 0)
  }
  return { characters, units }
}

/** Characters (code points) of a text. */
export function countCharacters(text: string): number {
  let characters = 0
  for (const _ of text) characters += 1
  return characters
}
