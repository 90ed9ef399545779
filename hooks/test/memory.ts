/** Memory for tests: bytes with addresses, that says no to whoever reads beyond them. */

import { Pointer, PointerSize } from "../src/native/pointer.js";

export class Fake {
    private readonly regions = new Map<number, Uint8Array>();
    private next = 0x10000;
    reads = 0;

    constructor(readonly size: PointerSize) {}

    /** Put *bytes* somewhere; what lies there may be changed later. */
    put(bytes: Uint8Array | number[]): FakePointer {
        const at = this.next;
        this.regions.set(at, Uint8Array.from(bytes));
        this.next += Math.ceil((bytes.length + 1) / 0x1000) * 0x1000 + 0x1000;
        return new FakePointer(this, at);
    }

    /** Whole numbers, each of the bytes given: [value, bytes]. */
    struct(...fields: [value: number, bytes: number][]): FakePointer {
        const bytes: number[] = [];
        for (const [value, count] of fields) {
            for (let at = 0; at < count; at++) {
                bytes.push(Math.floor(value / 2 ** (8 * at)) % 256);
            }
        }
        return this.put(bytes);
    }

    read(address: number, length: number): Uint8Array {
        this.reads += 1;
        for (const [at, bytes] of this.regions) {
            if (address >= at && address + length <= at + bytes.length) {
                return bytes.slice(address - at, address - at + length);
            }
        }
        throw new Error(`access violation reading 0x${address.toString(16)}`);
    }
}

export class FakePointer implements Pointer {
    constructor(
        private readonly memory: Fake,
        readonly address: number,
    ) {}

    isNull(): boolean {
        return this.address === 0;
    }

    add(offset: number): FakePointer {
        return new FakePointer(this.memory, this.address + offset);
    }

    readU8(): number {
        return this.number(1);
    }

    readU16(): number {
        return this.number(2);
    }

    readU32(): number {
        return this.number(4);
    }

    readS32(): number {
        return this.number(4) | 0;
    }

    readPointer(): FakePointer {
        return new FakePointer(this.memory, this.number(this.memory.size));
    }

    readByteArray(length: number): ArrayBuffer {
        return this.memory.read(this.address, length).buffer as ArrayBuffer;
    }

    private number(length: number): number {
        return this.memory.read(this.address, length).reduceRight((sum, byte) => sum * 256 + byte, 0);
    }
}
