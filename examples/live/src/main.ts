/** @file The page: sources, engine, views and history, put together. */
import { offeredBackends, shortcomings } from './capabilities.ts';
import { EngineRunner, type EngineState } from './engine/runner.ts';
import { History } from './history/history.ts';
import { Looker } from './looker.ts';
import { openPicture } from './sources/picture.ts';
import type { Source } from './sources/source.ts';
import { explainCamera, openCamera, openVideo } from './sources/video.ts';
import { Announcer } from './view/announcer.ts';
import { find } from './view/dom.ts';
import { EnginePanel } from './view/engine-panel.ts';
import { FaceList } from './view/faces.ts';
import { type Notice, Notices } from './view/notices.ts';
import { Stage } from './view/stage.ts';
import { Strip } from './view/strip.ts';
import type { Engine, Sight } from './worker/protocol.ts';

const notices = new Notices();
const announcer = new Announcer();
const stage = new Stage();
const faces = new FaceList();
const strip = new Strip();
const engine = new EngineRunner(showState);
const looker = new Looker(engine, { smoothing: () => panel.smoothing, seen: show, failed: showFailure });
const stopButton = find('stop', HTMLButtonElement);
const cameraButton = find('camera', HTMLButtonElement);

/** Ends the opening of a source when another one is wanted, or none. */
let opening = new AbortController();

const tryAgain = { title: 'Try again', run: () => engine.start(panel.engine) };

/** What the network in use tells apart. */
let labels: readonly string[] = [];

/** What is seen is stored here, once it is open. */
let history: History | undefined;

// first of all, so that no click comes too early
cameraButton.onclick = () => void startCamera();
stopButton.onclick = () => {
  void stop();
  cameraButton.focus();
};
const fileInput = find('file', HTMLInputElement);
find('open', HTMLButtonElement).onclick = () => fileInput.click();
fileInput.onchange = () => {
  const [file] = fileInput.files ?? [];
  fileInput.value = ''; // so that the same file can be chosen again
  if (file) void openFile(file);
};
stage.onDrop((file) => void openFile(file));

const lacks = shortcomings();
for (const [about, notice] of Object.entries(lacks)) notices.show(about, notice);
history = await History.open(notices, announcer, (face) => engine.follow(face));
const panel = new EnginePanel(await offeredBackends(), (chosen) => engine.start(chosen));
if (!Object.values(lacks).some(({ isError }) => isError)) engine.start(panel.engine);

async function startCamera(): Promise<void> {
  const opened = open((signal) => openCamera(stage.video, cameraEnded, signal), explainCamera);
  cameraButton.disabled = true;
  await opened;
  // a button that is disabled or hidden loses the focus
  if (document.activeElement === document.body) (stopButton.hidden ? cameraButton : stopButton).focus();
}

function openFile(file: File): Promise<void> {
  const isVideo = file.type.startsWith('video/');
  const text = `The browser finds no picture and no video in ${file.name} that it can show.`;
  return open(
    (signal) => (isVideo ? openVideo(stage.video, file, signal) : openPicture(stage.picture, file, signal)),
    () => ({ title: 'The file cannot be opened', text }),
  );
}

/** Only what was wanted last is shown, in whatever order the others come. */
async function open(
  start: (signal: AbortSignal) => Promise<Source>,
  explain: (error: unknown) => Notice,
): Promise<void> {
  letGo();
  const { signal } = opening;
  try {
    const source = await start(signal);
    if (signal.aborted) return source.stop();
    cameraButton.disabled = false;
    watch(source);
  } catch (error) {
    if (signal.aborted) return;
    showWelcome();
    notices.show('source', { ...explain(error), isError: true });
  }
}

/** Nothing is shown any more, and nothing opened. */
function letGo(): void {
  opening.abort();
  opening = new AbortController();
  cameraButton.disabled = false;
  looker.stop();
}

function watch(source: Source): void {
  notices.hide('source');
  notices.hide('look');
  strip.clear();
  engine.follow();
  stage.show(source);
  stopButton.hidden = false;
  cameraButton.hidden = source.kind === 'camera';
  looker.watch(source);
}

async function stop(): Promise<void> {
  letGo();
  showWelcome();
  await history?.showCurrent();
}

function cameraEnded(): void {
  void stop();
  const text = 'It was unplugged, or taken away from this page. Start it again when it is back.';
  notices.show('source', { title: 'The camera ended', text, isError: true });
}

function showWelcome(): void {
  cameraButton.disabled = false;
  stage.show(undefined);
  faces.show([], labels);
  strip.clear();
  stopButton.hidden = true;
  cameraButton.hidden = false;
}

function show(sight: Sight, source: Source): void {
  const isMoving = source.kind !== 'picture';
  notices.hide('look');
  stage.draw(sight, labels, source.kind === 'camera');
  faces.show(sight.faces, labels);
  panel.showSight(sight, isMoving);
  announcer.show(sight.faces, isMoving ? sight.time : undefined);
  if (isMoving) strip.add(sight, labels);
  history?.add(sight, labels, panel.engine.model);
}

function showFailure(error: unknown): void {
  const text = error instanceof Error ? error.message : `${error}`;
  notices.show('look', { title: 'A picture could not be looked at', text, isError: true });
}

function showState(state: EngineState, { backend, model }: Engine): void {
  panel.showState(state);
  if (state.kind === 'starting') notices.hide('network');
  if (state.kind === 'ready') {
    labels = state.labels;
    looker.lookAgain();
  } else if (state.kind === 'restarting') {
    const text = `${state.reason}. What was stored is safe.`;
    notices.show('engine', { title: 'The worker died and was started again', text });
  } else if (state.kind === 'refused') tryWithout(backend, state.reason);
  else if (state.kind === 'unloaded') {
    const title = `The network ${model} could not be loaded`;
    notices.show('network', { title, text: state.reason, isError: true, action: tryAgain });
  } else if (state.kind === 'given up') {
    const text = `${state.reason}. Another backend may work.`;
    notices.show('engine', { title: 'The worker dies again and again', text, isError: true, action: tryAgain });
  }
}

/** Nothing is replaced in silence: the next backend is taken, and the user told. */
function tryWithout(backend: Engine['backend'], reason: string): void {
  const next = panel.without(backend);
  const title = next ? `${backend} cannot run here; ${next} is used instead` : `${backend} cannot run here`;
  notices.show('engine', { title, text: reason, isError: !next });
  if (next) engine.start(panel.engine);
}
