// What a program of one's own may use; a component a file.
export { ImageScan, type ImageScanArgs } from "./image-scan.js";
