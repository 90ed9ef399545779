/** The Java calls that led to a hooked one. */

import Java from "frida-java-bridge";

import { clip, MOST_LINE } from "../common/contract.js";
import { callers, Frames } from "./callers.js";
import { Thing } from "./watch.js";

const MOST = 24;

/** The stack of this thread, from the caller of the hooked class on: what reads the stack is left out. */
export function frames(of: string): Frames {
    const thread = Java.use("java.lang.Thread").currentThread() as Thing;
    const elements: Thing[] = thread.getStackTrace();
    const stack: string[] = [];
    for (let at = 0; at < elements.length && stack.length < MOST; at++) {
        stack.push(clip(String(elements[at].toString()), MOST_LINE));
    }
    return callers(stack, of);
}
