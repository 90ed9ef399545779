/** A NUL-terminated string, never read beyond its end nor beyond *most* bytes. */

import { bytesAt, Pointer } from "./pointer.js";

/** Small enough that a piece which begins on a multiple of it crosses no page. */
const PIECE = 64;

/** *low*: the lowest bits of the address, so that pieces end where pages may. */
export function cstring(from: Pointer, low: number, most: number): string {
    const bytes: number[] = [];
    let next = from;
    let size = PIECE - (low % PIECE);
    while (bytes.length < most) {
        const piece = bytesAt(next, Math.min(size, most - bytes.length));
        const end = piece.indexOf(0);
        bytes.push(...(end < 0 ? piece : piece.subarray(0, end)));
        if (end >= 0) {
            break;
        }
        next = next.add(piece.length);
        size = PIECE;
    }
    return decoded(bytes);
}

/** As UTF-8; where it is none, one character a byte. */
export function decoded(bytes: number[]): string {
    const text = bytes.map((byte) => String.fromCharCode(byte)).join("");
    if (bytes.every((byte) => byte < 0x80)) {
        return text;
    }
    try {
        return decodeURIComponent(bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
    } catch {
        return text;
    }
}
