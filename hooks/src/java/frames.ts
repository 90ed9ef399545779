/** The Java calls that led to a hooked one. */

import Java from "frida-java-bridge";

import { clip, MOST_LINE } from "../common/contract.js";
import { Thing } from "./watch.js";

const MOST = 24;

export interface Frames {
    caller: string;
    stack: string[];
}

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

/** *stack* without what lies above the method of class *of* that is hooked, and the first frame outside it. */
export function callers(stack: string[], of: string): Frames {
    const isOf = (frame: string) => bare(frame).startsWith(`${of}.`);
    const first = stack.findIndex(isOf);
    const from = first < 0 ? stack : stack.slice(first);
    const caller = from.find((frame) => !isOf(frame)) ?? "";
    return { caller, stack: from };
}

/** A frame without the module that Java 9 and later print before it: java.base/java.net.Socket.connect(…). */
function bare(frame: string): string {
    const slash = frame.indexOf("/");
    const open = frame.indexOf("(");
    return slash >= 0 && (open < 0 || slash < open) ? frame.slice(slash + 1) : frame;
}
