/** What is watched of Java: a method, and what is told of a call of it. */

import Java from "frida-java-bridge";

import { Event } from "../common/contract.js";

/** A Java object; which class it is of is known only while it runs. */
export type Thing = any;

export interface Call {
    /** finds classes in the loader that the watched one is from */
    factory: Java.ClassFactory;
    self: Thing;
    args: Thing[];
    /** what it returned; undefined before the call, and where it threw */
    result?: Thing;
    threw: boolean;
}

/** What is told: an event, and the bytes that belong to it. */
export interface Told {
    event: Event;
    bytes?: Uint8Array | null;
}

export interface Watch {
    /** the class, as Java names it, and its method; all its overloads are watched */
    of: string;
    method: string;
    /** what a call is told as; null: nothing */
    tell(call: Call): Told | null;
    /** after the call rather than before it */
    after?: boolean;
    /** a class that apps bring along, so that it may lie in another class loader than that of the process's own app */
    brought?: boolean;
}

export function nameOf(watch: Watch): string {
    return `${watch.of}.${watch.method}`;
}

/** *thing* as one of class *name*, by which its methods are found; null where it is none. */
export function as(thing: Thing, name: string, { factory }: Pick<Call, "factory">): Thing | null {
    if (thing === null || thing === undefined) {
        return null;
    }
    const wanted = factory.use(name) as Thing;
    return wanted.class.isInstance(thing) ? Java.cast(thing, wanted) : null;
}

/** *thing* as Java prints it. */
export function printed(thing: Thing): string | null {
    if (thing === null || thing === undefined) {
        return null;
    }
    // through an interface Java's own toString() is not found
    return typeof thing === "object" ? String(Java.cast(thing, Java.use("java.lang.Object")).toString()) : String(thing);
}
