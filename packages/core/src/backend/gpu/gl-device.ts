/** @file Modes webgl2, webgl and headlessgl: a buffer is a texture of RGBA floats, one cell a texel, row after row. */
import { BackendError } from '../../errors.ts';
import type { Buffer } from '../backend.ts';
import { type Call, type Device, type GpuInstance, type GpuJs, KernelCache } from './device.ts';

type GL = WebGL2RenderingContext | WebGLRenderingContext;
type Size = readonly [width: number, height: number];

interface TextureBuffer {
  readonly texture: WebGLTexture;
  readonly size: Size;
}

/** The fields of a gpu.js GL kernel that take our own textures in and out. */
interface GLKernelState {
  texture: { texture: WebGLTexture } | undefined;
  /** Those of a tile's second to fourth cells. */
  readonly mappedTextures: { texture: WebGLTexture }[] | null;
  readonly framebuffer: WebGLFramebuffer;
  readonly textureCache: WebGLTexture[];
  texSize: ArrayLike<number>;
  _textureSwitched: boolean;
  /** Called while the kernel is built, once gpu.js has chosen `texSize`; throws if it exceeds the device's limit. */
  checkTextureSize(): void;
}

/**
 * How kernels read textures. gpu.js finds the texel of an index by two integer divisions, which GPUs have no instruction
 * for; floats do it exactly up to 2^20 texels even where divisions are off by 2.5 ulp, as GLSL allows. Sampling at a
 * texel's centre, as gpu.js does, is faster than texelFetch on a GPU made of software.
 */
const READS = `
vec4 fer_cell(sampler2D tex, ivec2 size, int index) {
  vec2 texel = 1.0 / vec2(size);
  if (size.x * size.y > 1048576) {
    int row = index / size.x;
    return SAMPLE(tex, (vec2(index - row * size.x, row) + 0.5) * texel);
  }
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

/** Bytes of released textures that are kept for reuse: creating one costs more than most kernels. */
const MAX_POOLED_BYTES = 256 * 2 ** 20;

export class GLDevice implements Device {
  readonly #gl: GL;
  readonly #gpujs: GpuJs;
  readonly #kernels: KernelCache;
  readonly #pool = new Map<string, WebGLTexture[]>();
  #pooledBytes = 0;
  readonly #framebuffer: WebGLFramebuffer;
  /** Texels along an axis of a texture. */
  readonly #limit: number;
  readonly runTiles: Device['runTiles'];
  readonly #view: new (
    buffer: TextureBuffer,
    access: 'float' | 'cell',
  ) => object;

  constructor(gpujs: GpuJs, gpu: GpuInstance, gl: GL) {
    this.#gl = gl;
    this.#gpujs = gpujs;
    const isWebGL2 = 'RGBA32F' in gl;
    const reads = READS.replaceAll('SAMPLE', isWebGL2 ? 'texture' : 'texture2D');
    this.#kernels = new KernelCache(gpu, 'texels', reads, ({ run }) => {
      const state = run.kernel as unknown as GLKernelState;
      state.texture = undefined; // it is a tensor's
      state.textureCache.length = 0;
      if (state.mappedTextures) state.mappedTextures.length = 0;
      run.destroy();
    });
    if (isWebGL2 || gl.getExtension('WEBGL_draw_buffers')) this.runTiles = (call) => this.#draw(call);
    for (const name of ['EXT_color_buffer_float', 'OES_texture_float', 'WEBGL_color_buffer_float'])
      gl.getExtension(name);
    this.#limit = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.#framebuffer = gl.createFramebuffer() as WebGLFramebuffer;
    this.#view = textureView(this.#gpujs, gl);
  }

  upload(values: Float32Array): TextureBuffer {
    const size = squareOf(Math.ceil(values.length / 4));
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
    const { texture, size } = buffer as TextureBuffer;
    const gl = this.#gl;
    this.#attach(this.#framebuffer, 0, texture);
    const texels = new Float32Array(size[0] * size[1] * 4);
    gl.readPixels(0, 0, size[0], size[1], gl.RGBA, gl.FLOAT, texels);
    return texels.slice(0, length);
  }

  release(buffer: Buffer): void {
    const { texture, size } = buffer as TextureBuffer;
    const bytes = size[0] * size[1] * 16;
    if (this.#pooledBytes + bytes > MAX_POOLED_BYTES) {
      this.#gl.deleteTexture(texture);
      return;
    }
    const key = size.join();
    this.#pool.set(key, [...(this.#pool.get(key) ?? []), texture]);
    this.#pooledBytes += bytes;
  }

  run(call: Call): TextureBuffer {
    const [result] = this.#draw(call);
    if (!result) throw new BackendError('gpu', 'gpu.js rendered a result to no texture');
    return result;
  }

  /** The textures that a kernel draws into: one, or four for tiles. */
  #draw(call: Call): TextureBuffer[] {
    const buffers = call.inputs as readonly TextureBuffer[];
    const compiled = this.#kernels.get(call, buffers.map(({ size }) => size.join('x')).join());
    const operands = buffers.map((buffer, i) => new this.#view(buffer, compiled.lowered.accesses[i] ?? 'cell'));
    const state = compiled.run.kernel as unknown as GLKernelState;
    // a kernel's first run makes textures of its own, which become ours; later runs draw into some from the pool
    if (state.texture) {
      state.texture.texture = this.#take(sizeOf(state));
      state._textureSwitched = true;
      state.mappedTextures?.forEach((result, i) => {
        result.texture = this.#take(sizeOf(state));
        this.#attach(state.framebuffer, i + 1, result.texture);
      });
    }
    // grids of two axes get textures of that shape, however tall; the order of texels is the same in a square
    state.checkTextureSize = () => {
      const [width, height] = sizeOf(state);
      if (Math.max(width, height) > this.#limit) state.texSize = Int32Array.from(squareOf(width * height));
    };
    compiled.run(...operands, ...(call.numbers ?? []));
    const results = state.texture ? [state.texture, ...(state.mappedTextures ?? [])] : [];
    return results.map(({ texture }) => ({ texture, size: sizeOf(state) }));
  }

  #attach(framebuffer: WebGLFramebuffer, place: number, texture: WebGLTexture): void {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + place, gl.TEXTURE_2D, texture, 0);
  }

  destroy(): void {
    for (const textures of this.#pool.values()) for (const texture of textures) this.#gl.deleteTexture(texture);
    this.#pool.clear();
    this.#kernels.destroy();
    void this.#kernels.gpu.destroy();
  }

  #take(size: Size): WebGLTexture {
    const pooled = this.#pool.get(size.join())?.pop();
    if (pooled) {
      this.#pooledBytes -= size[0] * size[1] * 16;
      return pooled;
    }
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

function sizeOf({ texSize }: GLKernelState): Size {
  return [texSize[0] ?? 1, texSize[1] ?? 1];
}

/** The size that gpu.js gives the texture of a result with this many cells (closestSquareDimensions). */
function squareOf(cells: number): Size {
  const width = Math.floor(Math.sqrt(cells));
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
    }
  };
}
