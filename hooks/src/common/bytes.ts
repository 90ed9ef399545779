/** Text as the bytes it is sent as. */

/** UTF-8 of *text*; half a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
    const bytes: number[] = [];
    for (const character of text) {
        const point = character.codePointAt(0) ?? 0xfffd;
        bytes.push(...encoded(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point));
    }
    return Uint8Array.from(bytes);
}

function encoded(point: number): number[] {
    if (point < 0x80) {
        return [point];
    }
    const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
    if (point < 0x800) {
        return [0xc0 | (point >> 6), tail(0)];
    }
    return point < 0x10000
        ? [0xe0 | (point >> 12), tail(6), tail(0)]
        : [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
