/** The style sheet of the page of documentation. */
export const style = `:root{color-scheme:light dark}
body{margin:0;font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1rem}
details,section{border:1px solid #8886;border-radius:6px;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer}
summary b{display:inline-block;min-width:4.5rem}
summary span{display:block;padding-left:1rem}
pre{overflow-x:auto;padding:.75rem;background:#8882;border-radius:6px}
table{border-collapse:collapse;width:100%}
th,td{border-top:1px solid #8884;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
h4{margin:.75rem 0 .25rem}
code{font-size:.9em;overflow-wrap:anywhere}`;
