/** Addresses in digits. */

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
