// disk.ts: disks whose syncs can be held back, so that a test can look at what was said before they ended.

import { type Disk, type DiskFile, nodeDisk } from "@proofline/ledger";

export interface HeldDisk {
  readonly disk: Disk;
  /** From here on no sync of a segment ends. */
  hold(): void;
  /** Resolves when a sync is being held. */
  held(): Promise<void>;
  release(): void;
}

export function heldDisk(): HeldDisk {
  let gate: Promise<void> | undefined;
  let open = (): void => {};
  let arrived = (): void => {};
  let arrival = Promise.resolve();
  const holding = (file: DiskFile): DiskFile => ({
    ...file,
    datasync: async () => {
      if (gate !== undefined) arrived();
      await gate;
      await file.datasync();
    },
  });
  return {
    disk: {
      ...nodeDisk,
      open: async (...args) => {
        const file = await nodeDisk.open(...args);
        return args[0].includes("segments") ? holding(file) : file;
      },
    },
    hold: () => {
      gate = new Promise((resolve) => (open = resolve));
      arrival = new Promise((resolve) => (arrived = resolve));
    },
    held: () => arrival,
    release: () => {
      gate = undefined;
      open();
    },
  };
}
