/** Escapes a value for HTML text and attributes. */
export function escapeHtml(value: string): string {
  return value.replace(/[&<>"'`]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Seconds as people read them: 0 s, 0.35 s, 12.4 s, 3 min 5 s, 2 h 10 min. */
export function humanSeconds(value: number | undefined): string {
  if (value === undefined) return "–";
  const rounded = value < 1 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10;
  if (rounded < 120) return `${rounded} s`;
  const whole = Math.round(value);
  if (whole < 7200) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 2880) return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return join(Math.floor(hours / 24), "d", hours % 24, "h");
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** 2026-11-22 11:05 UTC */
export function humanTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
