/** Tells the outermost of calls that call each other, as send() calls sendto(), so that bytes are told once. */

export class Outermost {
    private readonly depths = new Map<number, number>();

    /**
     * Whether a call at *depth* (of hooked calls on *thread*) is the outermost of this group. A thread that ended, or
     * jumped out of a call, never leaves: what it left behind is as deep as a later call, or deeper, and gives way.
     */
    enter(thread: number, depth: number): boolean {
        const outer = this.depths.get(thread);
        if (outer !== undefined && outer < depth) {
            return false;
        }
        this.depths.set(thread, depth);
        return true;
    }

    leave(thread: number): void {
        this.depths.delete(thread);
    }

    inside(thread: number): boolean {
        return this.depths.has(thread);
    }
}
