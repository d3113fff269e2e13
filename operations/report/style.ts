/** The style sheet of the report: light and dark by the reader's setting, and for paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;--good:#116329;--bad:#a40e26;
--bar:#0b63b5;--lost:#c4320a;--band:rgba(196,50,10,.13);--skip:#8c959f}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9da7b3;--line:#3d444d;--panel:#161b22;--good:#56d364;
--bad:#ff8182;--bar:#58a6ff;--lost:#ff9b50;--band:rgba(255,155,80,.16);--skip:#8b949e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem;background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}
p.meta,caption,td small{color:var(--soft)}caption{text-align:left;padding:.25rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{border-bottom:2px solid var(--line)}
.scroll{overflow-x:auto}.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
.status{padding:.6rem .9rem;border:1px solid var(--line);border-left:.4rem solid;background:var(--panel);margin:1rem 0}
.status.good{border-left-color:var(--good)}.status.bad{border-left-color:var(--bad)}.status{font-weight:400}
code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
svg{width:100%;height:auto;background:var(--panel);border:1px solid var(--line);font:12px system-ui,sans-serif}
svg .label{text-anchor:end;fill:var(--fg)}svg .tick{text-anchor:middle;fill:var(--soft)}svg .grid{stroke:var(--line)}
svg .outage{fill:var(--band)}svg .lost{fill:var(--lost)}svg .passed{fill:var(--bar)}svg .failed,svg .refused{fill:var(--bad)}svg .skipped{fill:var(--skip)}
svg .limit{stroke:var(--bad);stroke-width:2;stroke-dasharray:6 4}svg .limit-text{text-anchor:end;fill:var(--bad);font-weight:600}
details{margin:.5rem 0}summary{cursor:pointer}
@media print{body{max-width:none;padding:0;font-size:10pt}details>*{display:block}section{break-inside:avoid}}
`;
