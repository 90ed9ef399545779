/** What a host calls: start(config), stop(), ping(); and what Frida calls when the process or the script ends. */

import { AgentName } from "./contract.js";
import { Config, configured } from "./config.js";
import { identity } from "./frida.js";
import { Counts } from "./queue.js";

export interface Agent {
    /** Take every hook out, and send what waits. */
    stop(): void;
    /** Send what waits: nothing runs later. */
    flush(): void;
    counts(): Counts;
}

/** Java's methods are replaced, and put back, only when the code that asked for it has returned. */
function nextTurn(): Promise<void> {
    return new Promise((resolve) => {
        setTimeout(resolve, 0);
    });
}

export function expose(name: AgentName, make: (config: Config) => Agent): void {
    let agent: Agent | null = null;
    rpc.exports = {
        async start(config: unknown): Promise<object> {
            if (agent !== null) {
                throw new Error("already started");
            }
            agent = make(configured(config));
            await nextTurn();
            return identity(name);
        },
        async stop(): Promise<object> {
            const stopped = agent;
            agent = null;
            stopped?.stop();
            await nextTurn();
            return { ...identity(name), ...stopped?.counts() };
        },
        ping(): object {
            return { ...identity(name), ...agent?.counts() };
        },
        dispose(): void {
            agent?.flush();
        },
    };
}
