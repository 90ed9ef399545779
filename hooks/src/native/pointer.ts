/** What reading a structure needs of memory: Frida's NativePointer has it, and so has a test's array of bytes. */
export interface Pointer {
    isNull(): boolean;
    add(offset: number): Pointer;
    readU8(): number;
    readU16(): number;
    readU32(): number;
    readS32(): number;
    readPointer(): Pointer;
    readByteArray(length: number): ArrayBuffer | null;
}

export type PointerSize = 4 | 8;

export function pointerSize(bytes: number): PointerSize {
    if (bytes !== 4 && bytes !== 8) {
        throw new Error(`pointers of ${bytes} bytes`);
    }
    return bytes;
}

/** *size* bytes at *from*; fewer are never given. */
export function bytesAt(from: Pointer, size: number): Uint8Array {
    const bytes = size > 0 ? from.readByteArray(size) : null;
    return new Uint8Array(bytes ?? new ArrayBuffer(0));
}
