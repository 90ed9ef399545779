/**
 * The answers of getaddrinfo. Both C libraries begin with flags, family, socktype, protocol (int each) and addrlen;
 * glibc then has addr before canonname, bionic (libc/include/netdb.h) canonname before addr; next is last.
 */

import { Pointer, PointerSize } from "./pointer.js";
import { sockaddr } from "./sockaddr.js";

export type Layout = "bionic" | "glibc";

export const MOST_ANSWERS = 64;

/** Addresses of the list at *first*, each once. */
export function answers(first: Pointer, layout: Layout, size: PointerSize): string[] {
    const pointers = size === 8 ? 24 : 20;
    const addr = pointers + (layout === "glibc" ? 0 : size);
    const next = pointers + 2 * size;
    const found = new Set<string>();
    let entry = first;
    for (let count = 0; count < MOST_ANSWERS && !entry.isNull(); count++) {
        const address = sockaddr(entry.add(addr).readPointer(), entry.add(16).readU32());
        if (address !== null) {
            found.add(address.ip);
        }
        entry = entry.add(next).readPointer();
    }
    return [...found];
}
