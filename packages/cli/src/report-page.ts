/** @file report.html: a run or an evaluation on one page, without other files, to be looked at or sent to somebody. */
import { readFile } from 'node:fs/promises';
import { Marked } from 'marked';
import type { RunFolder } from './run-folder.ts';

/** Texts of a run have names of files and classes in them: what looks like HTML is shown, not obeyed. */
const markdown = new Marked({ renderer: { html: ({ text }) => escapeHtml(text) } });

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; max-width: 960px; margin: 2rem auto; padding: 0 1rem }
img { display: block; max-width: 100%; margin: 1.5rem 0 }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid #d1d9e0; text-align: left }
td + td, th + th { text-align: right }
code { font-size: 0.85em; overflow-wrap: anywhere }`;

/**
 * A text and the folder's plots.
 * @param text As Markdown: a run's model card, or what `fer evaluate` says.
 */
export async function reportPage(folder: RunFolder, title: string, text: string): Promise<string> {
  const images = await Promise.all(
    folder.plots.map(async (name) => {
      const svg = await readFile(folder.file(`${name}.svg`), 'base64');
      return `<img alt="${escapeHtml(name)}" src="data:image/svg+xml;base64,${svg}">`;
    }),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
${await markdown.parse(text)}
<h2>Pictures</h2>
${images.join('\n')}
</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
