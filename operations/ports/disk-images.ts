/** What an image says about itself. */
export interface ImageInfo {
  readonly format: string;
  /** Size that the guest sees, in bytes. */
  readonly virtualSize: number;
  /** Bytes taken on the disk. */
  readonly actualSize: number;
  /** Backing file as written in the image. */
  readonly backing: string | undefined;
}

/** One image of a chain. */
export interface ChainLink {
  readonly path: string;
  /** Bytes taken on the disk; the sum of a chain is the most that a self-contained copy takes. */
  readonly actualSize: number;
}

/** Disk images of one host (qemu-img). An image in use by a guest may be read only while it is frozen below an overlay. */
export interface DiskImages {
  readonly host: string;
  info(path: string): Promise<ImageInfo>;
  /** The image and everything below it, top first. Reads headers only, so it may be asked about a running guest's. */
  chain(path: string): Promise<readonly ChainLink[]>;
  /** Makes a self-contained sparse qcow2 copy; `onProgress` gets a share from 0 to 1. */
  convert(from: string, to: string, onProgress?: (share: number) => void): Promise<void>;
  /** Throws when the two images do not hold the same content. */
  compare(one: string, other: string): Promise<void>;
  /** Throws when the image is damaged. */
  check(path: string): Promise<void>;
  /**
   * Whether anything was ever written into an overlay, judged by the overlay alone: its backing file need not exist. True also when the
   * overlay cannot be read.
   */
  written(overlay: string): Promise<boolean>;
  /** Makes an empty overlay. A relative backing path is relative to the overlay. */
  overlay(path: string, backing: string): Promise<void>;
  /** Writes an overlay's content into its backing file; the overlay keeps its own. */
  commit(path: string): Promise<void>;
  /** Writes another backing file into the image without touching its content; it need not exist. */
  rebase(path: string, backing: string): Promise<void>;
}
