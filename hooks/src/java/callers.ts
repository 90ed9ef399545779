/** Reading a Java stack. */

export interface Frames {
    caller: string;
    stack: string[];
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
