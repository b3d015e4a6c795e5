import { escaped } from '../http/html.ts'

/** A line of a letter: what it is about, more of it, and where it leads. */
export interface Line {
  text: string
  detail?: string
  url?: string
  /** How bad it is. */
  tone?: 'info' | 'warning' | 'critical'
}

interface Section {
  title?: string
  lines: readonly Line[]
  /** What is not listed. */
  more?: string
}

interface Link {
  label: string
  url: string
}

/** A mail as what it says, of which both of its forms are made. */
export interface Letter {
  title: string
  lead: string
  sections: readonly Section[]
  action: Link
  footer: string
  links: readonly Link[]
}

/** Writes a letter as plain text and as HTML, which readers show on a light or a dark ground. */
export function writeLetter(letter: Letter): { text: string; html: string } {
  return { text: asText(letter), html: asHtml(letter) }
}

function asText({ title, lead, sections, action, footer, links }: Letter): string {
  const paragraphs = [title, lead, ...sections.map(sectionAsText), `${action.label}:\n${action.url}`, '-- ', footer]
  return `${[...paragraphs, ...links.map(({ label, url }) => `${label}:\n${url}`)].join('\n\n')}\n`
}

function sectionAsText({ title, lines, more }: Section): string {
  const rows = lines.map(({ text, detail, url }) =>
    [`- ${text}${detail === undefined ? '' : `: ${detail}`}`, ...(url === undefined ? [] : [`  ${url}`])].join('\n'),
  )
  return [...(title === undefined ? [] : [title, '']), ...rows, ...(more === undefined ? [] : [more])].join('\n')
}

/** Readers know few styles: no variables, and those of the dark ground in a media query that many leave out. */
const style = `
  body { margin: 0; padding: 24px; background: #f3f1ed; color: #23211d; font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
  .card { max-width: 560px; margin: 0 auto; padding: 28px; background: #ffffff; border: 1px solid #e8e5df; border-radius: 8px; }
  h1 { margin: 0 0 8px; font-size: 20px; line-height: 1.3; }
  h2 { margin: 24px 0 4px; font-size: 13px; color: #56524a; font-weight: 600; }
  p { margin: 0 0 16px; }
  table { width: 100%; table-layout: fixed; border-collapse: collapse; }
  h1, p, td, .foot { overflow-wrap: anywhere; word-break: break-word; }
  td { padding: 9px 0; border-top: 1px solid #e8e5df; vertical-align: top; }
  a { color: #0f716a; text-decoration: none; }
  .detail { color: #56524a; font-size: 13px; }
  .mark { display: inline-block; width: 8px; height: 8px; border-radius: 4px; margin-right: 8px; background: #a29d92; }
  .warning { background: #d97706; }
  .critical { background: #d92d20; }
  .action { display: inline-block; margin: 20px 0 4px; padding: 10px 18px; border-radius: 6px; background: #0f716a; color: #ffffff; font-weight: 600; }
  .foot a { text-decoration: underline; }
  .foot { max-width: 560px; margin: 16px auto 0; color: #56524a; font-size: 12px; }
  @media (prefers-color-scheme: dark) {
    body { background: #161513; color: #e9e7e2; }
    .card { background: #1c1b18; border-color: #322f2b; }
    td { border-color: #322f2b; }
    a { color: #72bfb7; }
    h2, .detail, .foot { color: #a8a399; }
    .action { background: #72bfb7; color: #100f0e; }
  }`

function asHtml({ title, lead, sections, action, footer, links }: Letter): string {
  const small = links.map(({ label, url }) => ` · <a href="${escaped(url)}">${escaped(label)}</a>`).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escaped(title)}</title>
<style>${style}
</style>
</head>
<body>
<div class="card" role="main">
<h1>${escaped(title)}</h1>
<p>${escaped(lead)}</p>
${sections.map(sectionAsHtml).join('\n')}
<a class="action" href="${escaped(action.url)}">${escaped(action.label)}</a>
</div>
<div class="foot" role="contentinfo">${escaped(footer)}${small}</div>
</body>
</html>
`
}

function sectionAsHtml({ title, lines, more }: Section): string {
  const rows = lines.map((line) => `<tr><td>${lineAsHtml(line)}</td></tr>`).join('\n')
  const rest = more === undefined ? '' : `\n<p class="detail">${escaped(more)}</p>`
  return `${title === undefined ? '' : `<h2>${escaped(title)}</h2>\n`}<table role="presentation">\n${rows}\n</table>${rest}`
}

function lineAsHtml({ text, detail, url, tone }: Line): string {
  const mark = tone === undefined ? '' : `<span class="mark ${tone}"></span>`
  const name = url === undefined ? escaped(text) : `<a href="${escaped(url)}">${escaped(text)}</a>`
  return `${mark}${name}${detail === undefined ? '' : `<div class="detail">${escaped(detail)}</div>`}`
}
