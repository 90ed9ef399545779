/** Socket addresses, as Linux lays them out (sys/socket.h, netinet/in.h). */

import { bytesAt, Pointer } from "./pointer.js";

export const AF_INET = 2;
export const AF_INET6 = 10;
const SIZE_OF_IN = 8; // family, port, address; what follows is padding
const SIZE_OF_IN6 = 24; // without the scope, which old callers leave out

export interface Address {
    ip: string;
    port: number;
}

/** The address at *from*, of *length* bytes; null where it is neither IPv4 nor IPv6. */
export function sockaddr(from: Pointer, length: number): Address | null {
    if (from.isNull() || length < SIZE_OF_IN) {
        return null;
    }
    const family = from.readU16();
    const port = from.add(2).readU8() * 256 + from.add(3).readU8();
    if (family === AF_INET) {
        return { ip: ipv4(bytesAt(from.add(4), 4)), port };
    }
    if (family === AF_INET6 && length >= SIZE_OF_IN6) {
        const scope = length >= 28 ? from.add(24).readU32() : 0;
        return { ip: ipv6(bytesAt(from.add(8), 16), scope), port };
    }
    return null;
}

export function ipv4(bytes: Uint8Array): string {
    return bytes.join(".");
}

/** As RFC 5952 writes it; an IPv4 address mapped into IPv6 as IPv4, for that is what it reaches. */
export function ipv6(bytes: Uint8Array, scope: number = 0): string {
    if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
        return ipv4(bytes.subarray(12));
    }
    const words: number[] = [];
    for (let at = 0; at < 16; at += 2) {
        words.push((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
    }
    const [start, length] = longestZeros(words);
    const hex = (some: number[]) => some.map((word) => word.toString(16)).join(":");
    const text =
        length < 2 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
    return scope === 0 ? text : `${text}%${scope}`;
}

function longestZeros(words: number[]): [start: number, length: number] {
    let best: [number, number] = [0, 0];
    let start = 0;
    words.forEach((word, at) => {
        if (word !== 0) {
            start = at + 1;
        } else if (at + 1 - start > best[1]) {
            best = [start, at + 1 - start];
        }
    });
    return best;
}
