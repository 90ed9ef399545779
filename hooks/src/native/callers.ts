/** Who called: addresses as module+offset, remembered, for looking one up takes longer than a call. */

import { Stacks } from "../common/config.js";
import { clip, Event, MOST_LINE } from "../common/contract.js";

const MOST = 4096;
const MOST_FRAMES = 12;

export class Callers {
    private readonly names = new Map<string, string>();

    constructor(private readonly stacks: Stacks) {}

    /** *event*, with who made the call it tells of. */
    name(event: Event, context: InvocationContext): Event {
        event["tid"] = context.threadId;
        event["caller"] = this.named(context.returnAddress);
        if (this.stacks !== "none") {
            const how = this.stacks === "fuzzy" ? Backtracer.FUZZY : Backtracer.ACCURATE;
            const frames = Thread.backtrace(context.context, how).slice(0, MOST_FRAMES);
            event["stack"] = frames.map((frame) => this.named(frame));
        }
        return event;
    }

    /** Modules came or went. */
    forget(): void {
        this.names.clear();
    }

    private named(address: NativePointer): string {
        const key = address.toString();
        let name = this.names.get(key);
        if (name === undefined) {
            const module = Process.findModuleByAddress(address);
            name = module === null ? key : clip(`${module.name}+0x${address.sub(module.base).toString(16)}`, MOST_LINE);
            if (this.names.size >= MOST) {
                this.names.clear();
            }
            this.names.set(key, name);
        }
        return name;
    }
}
