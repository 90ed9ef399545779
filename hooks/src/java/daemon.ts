/**
 * Makes the agent's thread a daemon of a desktop's Java machine, which ends with its last thread that is none: the
 * bridge would make it one that the machine waits for. On Android nothing waits, so nothing is done there.
 */

/** JavaVM's AttachCurrentThreadAsDaemon (JNI, invocation interface). */
const ATTACH_AS_DAEMON = 7;

function attachAsDaemon(machines: NativePointer): void {
    const found = Memory.alloc(Process.pointerSize);
    const count = Memory.alloc(4);
    new NativeFunction(machines, "int", ["pointer", "int", "pointer"])(found, 1, count);
    if (count.readS32() === 0) {
        return;
    }
    const machine = found.readPointer();
    const attach = machine.readPointer().add(ATTACH_AS_DAEMON * Process.pointerSize).readPointer();
    new NativeFunction(attach, "int", ["pointer", "pointer", "pointer"])(machine, found, NULL);
}

const machines = Process.findModuleByName("libjvm.so")?.findExportByName("JNI_GetCreatedJavaVMs");
if (machines) {
    attachAsDaemon(machines);
}

export {};
