/** Java's byte arrays, read in one call: element by element each would be a call into the virtual machine. */

import Java from "frida-java-bridge";

import { Thing } from "./watch.js";

/** The first *most* bytes of the byte[] *array*. */
export function bytesOf(array: Thing, most: number): Uint8Array {
    const length = Math.min(array.length, most);
    if (length === 0) {
        return new Uint8Array(0);
    }
    const copy = Memory.alloc(length);
    Java.vm.getEnv().getByteArrayRegion(array.$h, 0, length, copy);
    return new Uint8Array(copy.readByteArray(length) ?? new ArrayBuffer(0));
}

/** What *write* writes to the java.io.OutputStream it is given. */
export function written(write: (stream: Thing) => void, most: number): Uint8Array {
    const stream = Java.use("java.io.ByteArrayOutputStream").$new() as Thing;
    write(stream);
    return bytesOf(stream.toByteArray(), most);
}
