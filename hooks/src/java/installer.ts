/** Puts watches on Java methods; those whose class is not there yet are tried again. */

import Java from "frida-java-bridge";

import { clip, Event, Missing, MOST_LINE } from "../common/contract.js";
import { Queue } from "../common/queue.js";
import { Troubles } from "../common/troubles.js";
import { frames } from "./frames.js";
import { Call, nameOf, Thing, Watch } from "./watch.js";

/** Other class loaders are asked for what apps bring along, but no more than these. */
const MOST_LOADERS = 32;

export class Installer {
    private readonly installed: string[] = [];
    private readonly missing: Map<Watch, string>;
    private readonly overloads: Thing[] = [];
    /** classes a thread is already in a watched call of: those call each other */
    private readonly inside = new Set<string>();

    constructor(
        watches: Watch[],
        private readonly queue: Queue,
        private readonly troubles: Troubles,
    ) {
        this.missing = new Map(watches.map((watch) => [watch, "not tried"]));
    }

    /** Try what is missing; whether that changed anything. To be called within Java.perform(). */
    attempt(elsewhere: boolean): boolean {
        const before = this.installed.length;
        for (const watch of [...this.missing.keys()]) {
            this.install(watch, elsewhere && watch.brought === true);
        }
        return this.installed.length > before;
    }

    isComplete(): boolean {
        return this.missing.size === 0;
    }

    /** None can be had, for the reason *why*. */
    giveUp(why: string): void {
        for (const watch of this.missing.keys()) {
            this.missing.set(watch, clip(why, MOST_LINE));
        }
    }

    event(): Event {
        const missing: Missing[] = [...this.missing].map(([watch, why]) => [nameOf(watch), why]);
        return { kind: "hooks", installed: [...this.installed], missing };
    }

    /** Take everything out again. To be called within Java.perform(). */
    remove(): void {
        for (const overload of this.overloads.splice(0)) {
            this.troubles.guard("removing", () => {
                overload.implementation = null;
            });
        }
    }

    private install(watch: Watch, elsewhere: boolean): void {
        try {
            this.replace(watch, factoryOf(watch, elsewhere));
            this.missing.delete(watch);
            this.installed.push(nameOf(watch));
        } catch (error) {
            this.missing.set(watch, clip(reason(error), MOST_LINE));
        }
    }

    private replace(watch: Watch, factory: Java.ClassFactory): void {
        const overloads: Thing[] | undefined = (factory.use(watch.of) as Thing)[watch.method]?.overloads;
        if (overloads === undefined || overloads.length === 0) {
            throw new Error("the class has no such method");
        }
        for (const overload of overloads) {
            overload.implementation = this.replacement(watch, overload, factory);
            this.overloads.push(overload);
        }
    }

    /** A function that does what *overload* did, to the same result or exception, and tells of it. */
    private replacement(watch: Watch, overload: Thing, factory: Java.ClassFactory): (...args: Thing[]) => Thing {
        const installer = this;
        return function (this: Thing, ...args: Thing[]): Thing {
            const key = `${Process.getCurrentThreadId()} ${watch.of}`;
            if (installer.inside.has(key)) {
                return overload.apply(this, args);
            }
            installer.inside.add(key);
            try {
                return installer.call(watch, overload, { factory, self: this, args, threw: false });
            } finally {
                installer.inside.delete(key);
            }
        };
    }

    private call(watch: Watch, overload: Thing, call: Call): Thing {
        if (watch.after !== true) {
            this.tell(watch, call);
            return overload.apply(call.self, call.args);
        }
        let result: Thing;
        try {
            result = overload.apply(call.self, call.args);
        } catch (error) {
            this.tell(watch, { ...call, threw: true });
            throw error;
        }
        this.tell(watch, { ...call, result });
        return result;
    }

    private tell(watch: Watch, call: Call): void {
        this.troubles.guard(nameOf(watch), () => {
            const told = watch.tell(call);
            if (told !== null) {
                const event = { ...told.event, tid: Process.getCurrentThreadId(), ...frames(watch.of) };
                this.queue.push(event, told.bytes ?? null);
            }
        });
    }
}

/** What finds the class of *watch*: the app's own loader or, if *elsewhere*, the first that has it. Throws where none has. */
function factoryOf(watch: Watch, elsewhere: boolean): Java.ClassFactory {
    try {
        Java.classFactory.use(watch.of);
        return Java.classFactory;
    } catch (error) {
        const other = elsewhere ? inOtherLoaders(watch.of) : null;
        if (other === null) {
            throw error;
        }
        return other;
    }
}

function inOtherLoaders(name: string): Java.ClassFactory | null {
    for (const loader of Java.enumerateClassLoadersSync().slice(0, MOST_LOADERS)) {
        const factory = Java.ClassFactory.get(loader);
        try {
            factory.use(name);
            return factory;
        } catch {
            continue; // this one has none either; that none has is told as missing
        }
    }
    return null;
}

/** Why a class could not be watched: that it is not there is no trouble, and is said in words. */
function reason(error: unknown): string {
    const said = String(error).split("\n")[0] ?? "";
    return /ClassNotFoundException|NoClassDefFoundError/.test(said) ? "the class is not there" : said;
}
