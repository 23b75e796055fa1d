/** @file Modes webgl2, webgl and headlessgl: a buffer is a texture of RGBA floats, one cell a texel, row after row. */
import { BackendError } from '../../errors.ts';
import type { Buffer } from '../backend.ts';
import { type Call, type Device, type GpuInstance, type GpuJs, KernelCache, texelsOf } from './device.ts';
import { PREFIX } from './lower.ts';
import { Pool } from './pool.ts';

type GL = WebGL2RenderingContext | WebGLRenderingContext;
type Size = readonly [width: number, height: number];

interface TextureBuffer {
  readonly texture: WebGLTexture;
  readonly size: Size;
}

/** The fields of a gpu.js GL kernel that take our own textures and sizes in and out. */
interface GLKernelState {
  readonly built: boolean;
  readonly program: WebGLProgram;
  texture: { texture: WebGLTexture } | undefined;
  /** Those of a tile's second to fourth cells. */
  readonly mappedTextures: { texture: WebGLTexture }[] | null;
  readonly framebuffer: WebGLFramebuffer;
  readonly textureCache: WebGLTexture[];
  /** The size of the result's texture, and the viewport. */
  texSize: Size;
  maxTexSize: Size;
  /** Threads along each axis. */
  threadDim: number[];
  _textureSwitched: boolean;
  build(...operands: unknown[]): void;
  /** Called while the kernel is built, once gpu.js has chosen `texSize`; throws if it exceeds the device's limit. */
  checkTextureSize(): void;
  readonly kernelConstants: readonly { readonly name: string; readonly id: string }[];
  /** Declarations of the constants. */
  _getMainConstantsString(): string;
  setUniform1i(name: string, value: number): void;
}

/**
 * How kernels read textures. gpu.js finds the texel of an index by two integer divisions, which GPUs have no instruction
 * for; floats do it exactly, because widths are powers of two. Sampling at a texel's centre, as gpu.js does, is faster than
 * texelFetch on a GPU made of software.
 */
const READS = `
vec4 fer_cell(sampler2D tex, ivec2 size, int index) {
  vec2 texel = 1.0 / vec2(size);
  float place = (float(index) + 0.5) * texel.x;
  float row = floor(place);
  return SAMPLE(tex, vec2(place - row, (row + 0.5) * texel.y));
}
float fer_float(sampler2D tex, ivec2 size, int index) {
  float cell = floor(float(index) * 0.25);
  float lane = float(index) - cell * 4.0;
  vec4 v = fer_cell(tex, size, int(cell));
  return lane == 0.0 ? v.x : lane == 1.0 ? v.y : lane == 2.0 ? v.z : v.w;
}
#define getVec4FromSampler2D(tex, size, dimensions, z, y, x) fer_cell(tex, size, x)
#define getMemoryOptimized32(tex, size, dimensions, z, y, x) fer_float(tex, size, x)
`;

export class GLDevice implements Device {
  readonly #gl: GL;
  readonly #gpujs: GpuJs;
  readonly #kernels: KernelCache;
  readonly #pool = new Pool<string, WebGLTexture>((texture) => this.#gl.deleteTexture(texture));
  readonly #framebuffer: WebGLFramebuffer;
  /** Texels along an axis of a texture. */
  readonly #limit: number;
  readonly runTiles: Device['runTiles'];
  readonly #view: new (
    buffer: TextureBuffer,
    access: 'float' | 'cell',
  ) => object;

  /** @param onBroken Called if the context is lost: no kernel can run any more. */
  constructor(gpujs: GpuJs, gpu: GpuInstance, gl: GL, onBroken: () => void) {
    this.#gl = gl;
    // a canvas of a browser; headlessgl has none
    gl.canvas?.addEventListener('webglcontextlost', onBroken);
    this.#gpujs = gpujs;
    const isWebGL2 = 'RGBA32F' in gl;
    const reads = READS.replaceAll('SAMPLE', isWebGL2 ? 'texture' : 'texture2D');
    const destroyKernel: KernelCache['destroyKernel'] = ({ run }) => {
      const state = run.kernel as unknown as GLKernelState;
      state.texture = undefined; // it is a tensor's
      if (state.mappedTextures) state.mappedTextures.length = 0;
      run.destroy();
    };
    this.#kernels = new KernelCache(gpu, 'texels', reads, destroyKernel, isWebGL2);
    if (isWebGL2 || gl.getExtension('WEBGL_draw_buffers')) this.runTiles = (call) => this.#draw(call);
    for (const name of ['EXT_color_buffer_float', 'OES_texture_float', 'WEBGL_color_buffer_float'])
      gl.getExtension(name);
    this.#limit = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.#framebuffer = gl.createFramebuffer() as WebGLFramebuffer;
    this.#view = textureView(this.#gpujs, gl);
  }

  upload(values: Float32Array): TextureBuffer {
    this.#checkContext();
    const size = sizeFor(Math.ceil(values.length / 4));
    const buffer = { texture: this.#take(size), size };
    const texels = new Float32Array(size[0] * size[1] * 4);
    texels.set(values);
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D, buffer.texture);
    // gpu.js flips what it uploads; the rows of ours stay as they are
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, size[0], size[1], gl.RGBA, gl.FLOAT, texels);
    return buffer;
  }

  async download(buffer: Buffer, length: number): Promise<Float32Array> {
    return this.downloadSync(buffer, length);
  }

  downloadSync(buffer: Buffer, length: number): Float32Array {
    this.#checkContext();
    const { texture, size } = buffer as TextureBuffer;
    const gl = this.#gl;
    this.#attach(this.#framebuffer, 0, texture);
    const texels = new Float32Array(size[0] * size[1] * 4);
    gl.readPixels(0, 0, size[0], size[1], gl.RGBA, gl.FLOAT, texels);
    this.#checkContext();
    return texels.slice(0, length);
  }

  release(buffer: Buffer): void {
    const { texture, size } = buffer as TextureBuffer;
    this.#pool.give(size.join(), bytesOf(size), texture);
  }

  run(call: Call): TextureBuffer {
    const [result] = this.#draw(call);
    if (!result) throw new BackendError('gpu', 'gpu.js rendered a result to no texture');
    return result;
  }

  /** The textures that a kernel draws into: one, or four for tiles. */
  #draw(call: Call): TextureBuffer[] {
    this.#checkContext();
    const buffers = call.inputs as readonly TextureBuffer[];
    const compiled = this.#kernels.get(call, buffers.map(({ size }) => size.join('x')).join());
    const views = buffers.map((buffer, i) => new this.#view(buffer, compiled.lowered.accesses[i] ?? 'cell'));
    const operands = [...views, ...(call.numbers ?? [])];
    const texels = texelsOf(call.grid, compiled.lowered);
    const size = sizeFor(texels.reduce((product, axis) => product * axis));
    const state = compiled.run.kernel as unknown as GLKernelState;
    if (!state.built) this.#build(state, size, operands);
    state.texSize = size;
    state.maxTexSize = size;
    this.#gl.viewport(0, 0, ...size);
    if (this.#kernels.sizesAtRun) this.#setSizes(state, texels, call.constants);
    const results = [state.texture, ...(state.mappedTextures ?? [])].filter((result) => result !== undefined);
    results.forEach((result, i) => {
      result.texture = this.#take(size);
      if (i > 0) this.#attach(state.framebuffer, i, result.texture);
    });
    state._textureSwitched = true;
    compiled.run(...operands);
    return results.map(({ texture }) => ({ texture, size }));
  }

  /** A lost context takes every command, and answers with zeros. @throws BackendError */
  #checkContext(): void {
    if (this.#gl.isContextLost())
      throw new BackendError('gpu', 'the WebGL context was lost, and its tensors with it; setBackend starts another');
  }

  /** gpu.js sets the sizes of the inputs itself. */
  #setSizes(state: GLKernelState, texels: readonly number[], constants: Call['constants'] = {}): void {
    state.threadDim = [0, 1, 2].map((axis) => texels[axis] ?? 1);
    this.#gl.useProgram(state.program);
    for (const { name, id } of state.kernelConstants)
      state.setUniform1i(id, constants[name.slice(PREFIX.length)] as number); // each call of a kernel has the same ones
  }

  /** Compiles a kernel, as it is on webgl2 for every size. */
  #build(state: GLKernelState, size: Size, operands: readonly unknown[]): void {
    state.checkTextureSize = () => {
      state.texSize = size;
    };
    if (this.#kernels.sizesAtRun) {
      state._getMainConstantsString = () =>
        state.kernelConstants.map(({ id }) => `uniform highp int ${id};\n`).join('');
    }
    state.build(...operands);
    // gpu.js has made textures for the results, which go into ours
    for (const texture of state.textureCache) this.#gl.deleteTexture(texture);
    state.textureCache.length = 0;
  }

  #attach(framebuffer: WebGLFramebuffer, place: number, texture: WebGLTexture): void {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + place, gl.TEXTURE_2D, texture, 0);
  }

  destroy(): void {
    this.#pool.clear();
    this.#kernels.destroy();
    void this.#kernels.gpu.destroy();
  }

  #take(size: Size): WebGLTexture {
    const pooled = this.#pool.take(size.join(), bytesOf(size));
    if (pooled) return pooled;
    if (Math.max(...size) > this.#limit)
      throw new BackendError('gpu', `a texture of ${size.join(' x ')} exceeds this device's ${this.#limit}`);
    const gl = this.#gl;
    const texture = gl.createTexture() as WebGLTexture;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    const format = 'RGBA32F' in gl ? gl.RGBA32F : gl.RGBA;
    gl.texImage2D(gl.TEXTURE_2D, 0, format, size[0], size[1], 0, gl.RGBA, gl.FLOAT, null);
    return texture;
  }
}

const bytesOf = ([width, height]: Size) => width * height * 16;

/** Nearly square, and a power of two wide. */
function sizeFor(cells: number): Size {
  const width = 2 ** Math.ceil(Math.log2(cells) / 2);
  return [width, Math.ceil(cells / width)];
}

/** A texture as an argument of a gpu.js kernel, read by single floats or by cells. */
function textureView(gpujs: GpuJs, context: GL) {
  return class TextureView extends gpujs.Texture {
    constructor({ texture, size }: TextureBuffer, access: 'float' | 'cell') {
      const cells = size[0] * size[1];
      super({
        texture,
        size,
        dimensions: [access === 'cell' ? cells : cells * 4, 1, 1],
        output: [cells],
        context,
        kernel: {},
        type: access === 'cell' ? 'ArrayTexture(4)' : 'MemoryOptimizedNumberTexture',
      });
      // gpu.js counts a texture's views, and would not draw into one that has several
      Reflect.deleteProperty(texture, '_refs');
    }
  };
}
