/** @file The page of a run: whole, and harmless whatever the data's classes are called. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainingCurves } from '@fer/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../packages/cli/src/report-page.ts';
import { RunFolder } from '../../packages/cli/src/run-folder.ts';

const CARD = `# A <img src=x onerror=alert(1)> run

| class | precision |
|---|---|
| <script>alert(1)</script> | 50 % |
| [link](javascript:alert(1)) | 50 % |`;

let folder: RunFolder;
let page: string;
beforeAll(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), 'fer-page-')));
  await folder.writePlot('curves', trainingCurves([{ epoch: 1, loss: 1, accuracy: 0.5 }], { title: 'Run' }));
  page = await reportPage(folder, 'A </title> run', CARD);
});
afterAll(() => rm(folder.path, { recursive: true }));

describe('report.html', () => {
  it('shows the card and the plots without other files', () => {
    expect(page).toContain('<td>50 %</td>');
    expect(page).toMatch(/<img alt="curves" src="data:image\/svg\+xml;base64,[\w+/=]+">/);
    expect(page.match(/(src|href)="(?!data:|javascript:)/g)).toBeNull();
  });

  it('shows HTML in names as text, and lets no script run', () => {
    expect(page).toContain('A &lt;img src=x onerror=alert(1)> run</h1>');
    expect(page).toContain('<td>&lt;script>alert(1)&lt;/script></td>');
    expect(page).toContain('<title>A &lt;/title> run</title>');
    expect(page).toContain("default-src 'none'");
  });
});
