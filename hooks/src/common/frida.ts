/** The world of a queue, as Frida gives it. */

import { AgentName, AGENT_VERSION, CONTRACT, Event } from "./contract.js";
import { World } from "./queue.js";

/** CLOCK_BOOTTIME goes on while a phone sleeps, and no network time sets it. */
const CLOCKS = [7, 1];

/** Milliseconds since this call. */
export function clock(): () => number {
    const read = new NativeFunction(Module.getGlobalExportByName("clock_gettime"), "int", ["int", "pointer"]);
    const timespec = Memory.alloc(16);
    const id = CLOCKS.find((candidate) => read(candidate, timespec) === 0);
    if (id === undefined) {
        throw new Error("the unit has no monotonic clock");
    }
    const wide = Process.pointerSize === 8;
    const now = () => {
        read(id, timespec);
        return wide
            ? timespec.readS64().toNumber() * 1000 + timespec.add(8).readS64().toNumber() / 1e6
            : timespec.readS32() * 1000 + timespec.add(4).readS32() / 1e6;
    };
    const start = now();
    return () => now() - start;
}

export function world(): World {
    return {
        now: clock(),
        send: (message, blob) => send(message, blob),
        later: (ms, action) => {
            setTimeout(action, ms);
        },
    };
}

/** The first event of an agent. */
export function hello(more: Partial<Event> = {}): Event {
    return {
        kind: "hello",
        agent_version: AGENT_VERSION,
        contract: CONTRACT,
        frida: Frida.version,
        pid: Process.id,
        arch: Process.arch,
        platform: Process.platform,
        ...more,
    };
}

export function identity(agent: AgentName): Record<string, unknown> {
    return { agent, agent_version: AGENT_VERSION, contract: CONTRACT, frida: Frida.version, pid: Process.id };
}
