/** Puts hooks in and takes them out; knows which are in and which could not be. */

import { clip, Event, Missing, MOST_LINE } from "../common/contract.js";
import { Troubles } from "../common/troubles.js";

/** What a hook does before and after a call; what *enter* returns is given to *leave*, undefined: not interested. */
export interface Hook<T> {
    enter(this: InvocationContext, args: InvocationArguments): T | undefined;
    leave?(this: InvocationContext, value: T, result: InvocationReturnValue): void;
}

export class Hooking {
    private readonly listeners: InvocationListener[] = [];
    private readonly at = new Set<string>();
    private readonly installed = new Set<string>();
    private readonly missing = new Map<string, string>();

    constructor(
        private readonly troubles: Troubles,
        private readonly changed: () => void,
    ) {}

    /** Watch the function *name* at *address*; null counts as missing. */
    attach<T>(name: string, address: NativePointer | null, hook: Hook<T>): void {
        if (address === null) {
            this.lacks(name, "not exported");
            return;
        }
        if (this.at.has(address.toString())) {
            this.has(name); // another name of a function that is watched
            return;
        }
        try {
            this.listeners.push(Interceptor.attach(address, this.callbacks(name, hook)));
            this.at.add(address.toString());
            this.has(name);
        } catch (error) {
            this.lacks(name, clip(String(error), MOST_LINE));
        }
    }

    lacks(name: string, why: string): void {
        if (!this.installed.has(name)) {
            this.missing.set(name, why);
            this.changed();
        }
    }

    /** What was missing in one place was found in another. */
    found(name: string): void {
        if (this.missing.delete(name)) {
            this.changed();
        }
    }

    /** A module is gone, and its functions with it: others may come to lie there. */
    forget(base: NativePointer, size: number): void {
        const end = base.add(size);
        for (const address of this.at) {
            const pointer = ptr(address);
            if (pointer.compare(base) >= 0 && pointer.compare(end) < 0) {
                this.at.delete(address);
            }
        }
    }

    event(): Event {
        const missing: Missing[] = [...this.missing];
        return { kind: "hooks", installed: [...this.installed], missing };
    }

    detach(): void {
        for (const listener of this.listeners.splice(0)) {
            listener.detach();
        }
        Interceptor.flush();
    }

    private has(name: string): void {
        this.missing.delete(name);
        if (!this.installed.has(name)) {
            this.installed.add(name);
            this.changed();
        }
    }

    private callbacks<T>(name: string, hook: Hook<T>): InvocationListenerCallbacks {
        const troubles = this.troubles;
        const { enter, leave } = hook;
        if (leave === undefined) {
            return {
                onEnter(args) {
                    try {
                        enter.call(this, args);
                    } catch (error) {
                        troubles.tell(name, error);
                    }
                },
            };
        }
        return {
            onEnter(args) {
                try {
                    this["kept"] = enter.call(this, args);
                } catch (error) {
                    troubles.tell(name, error);
                }
            },
            onLeave(result) {
                if (this["kept"] === undefined) {
                    return;
                }
                try {
                    leave.call(this, this["kept"], result);
                } catch (error) {
                    troubles.tell(name, error);
                }
            },
        };
    }
}
