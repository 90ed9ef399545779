/** Scattered buffers: struct iovec, msghdr and mmsghdr (sys/uio.h, sys/socket.h). */

import { bytesAt, Pointer, PointerSize } from "./pointer.js";

/** What Linux takes at most in one call (UIO_MAXIOV). */
const MOST_PIECES = 1024;

export interface Msghdr {
    name: Pointer;
    nameLength: number;
    pieces: Pointer;
    count: number;
}

/** The first *most* bytes of what *count* iovecs at *pieces* hold, no more than *size* in all. */
export function gathered(
    pieces: Pointer,
    count: number,
    size: number,
    most: number,
    pointer: PointerSize,
): Uint8Array {
    const bytes = new Uint8Array(Math.min(size, most));
    let filled = 0;
    for (let at = 0; at < Math.min(count, MOST_PIECES) && filled < bytes.length; at++) {
        const piece = pieces.add(at * 2 * pointer);
        const length = Math.min(lengthAt(piece.add(pointer), pointer), bytes.length - filled);
        bytes.set(bytesAt(piece.readPointer(), length), filled);
        filled += length;
    }
    return filled === bytes.length ? bytes : bytes.slice(0, filled);
}

export function msghdr(at: Pointer, pointer: PointerSize): Msghdr {
    return {
        name: at.readPointer(),
        nameLength: at.add(pointer).readU32(),
        pieces: at.add(2 * pointer).readPointer(),
        count: lengthAt(at.add(3 * pointer), pointer),
    };
}

/** Where the next msghdr of sendmmsg() begins, and where the length of each is. */
export function mmsghdr(pointer: PointerSize): { stride: number; length: number } {
    const length = 7 * pointer;
    return { stride: length + pointer, length };
}

/** A size_t, as far as 53 bits go. */
function lengthAt(at: Pointer, pointer: PointerSize): number {
    const low = at.readU32();
    return pointer === 8 ? low + at.add(4).readU32() * 2 ** 32 : low;
}
