/** Files that were found to be no connection, so that not every write to one asks the kernel. */

/** How often that is believed: a number may come to mean something else without its closing being seen. */
const TIMES = 64;
const MOST = 4096;

export class Elsewhere {
    private readonly left = new Map<number, number>();

    add(file: number): void {
        if (this.left.size >= MOST) {
            this.left.clear();
        }
        this.left.set(file, TIMES);
    }

    has(file: number): boolean {
        const left = this.left.get(file);
        if (left === undefined) {
            return false;
        }
        if (left === 1) {
            this.left.delete(file);
        } else {
            this.left.set(file, left - 1);
        }
        return true;
    }

    /** Its number means something else now. */
    forget(file: number): void {
        this.left.delete(file);
    }
}
