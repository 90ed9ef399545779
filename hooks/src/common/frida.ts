/** The world of a queue, as Frida gives it. */

import { AgentName, AGENT_VERSION, CONTRACT, Event } from "./contract.js";
import { World } from "./queue.js";

/** For calls that never wait and never fault: without letting the agent's lock go, and without catching faults. */
export const QUICK: NativeFunctionOptions = { scheduling: "exclusive", exceptions: "propagate" };

/** CLOCK_BOOTTIME goes on while a phone sleeps, and no network time sets it. */
const CLOCKS = [7, 1];

/** Reads the unit's clock, in milliseconds. */
export function clock(): () => number {
    const read = new NativeFunction(Module.getGlobalExportByName("clock_gettime"), "int", ["int", "pointer"], QUICK);
    const timespec = Memory.alloc(16);
    const id = CLOCKS.find((candidate) => read(candidate, timespec) === 0);
    if (id === undefined) {
        throw new Error("the unit has no monotonic clock");
    }
    const nanoseconds = timespec.add(Process.pointerSize);
    return () => {
        read(id, timespec);
        return timespec.readU32() * 1000 + nanoseconds.readU32() / 1e6; // little-endian, and since the unit started
    };
}

/** Frida's own, with times counted from this call. */
export function world(): World & { start: number } {
    const now = clock();
    const start = now();
    return {
        start,
        now: () => now() - start,
        send: (message, blob) => send(message, blob),
        later: (ms, action) => {
            setTimeout(action, ms);
        },
    };
}

/** The first event of an agent. */
export function hello(start: number, more: Partial<Event> = {}): Event {
    return {
        kind: "hello",
        agent_version: AGENT_VERSION,
        contract: CONTRACT,
        frida: Frida.version,
        pid: Process.id,
        arch: Process.arch,
        platform: Process.platform,
        clock_ms: Math.round(start * 100) / 100,
        ...more,
    };
}

export function identity(agent: AgentName): Record<string, unknown> {
    return { agent, agent_version: AGENT_VERSION, contract: CONTRACT, frida: Frida.version, pid: Process.id };
}
