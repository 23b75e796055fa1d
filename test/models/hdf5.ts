/** @file HDF5 files as Keras writes them, made for tests. */
import * as hdf5 from 'h5wasm';

export interface Hdf5Content {
  /** By their full paths, `model_weights/conv/conv/kernel:0`. */
  readonly datasets: Readonly<
    Record<
      string,
      { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array }
    >
  >;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly compressed?: boolean;
}

export async function hdf5File({ datasets, attributes = {}, compressed = false }: Hdf5Content): Promise<Uint8Array> {
  const { FS } = await hdf5.ready;
  const file = new hdf5.File('/made-for-tests.h5', 'w');
  for (const [path, { shape, data }] of Object.entries(datasets)) {
    const groups = path.split('/');
    const name = groups.pop() as string;
    let group: hdf5.Group = file;
    for (const step of groups)
      group = (group.keys().includes(step) ? group.get(step) : group.create_group(step)) as hdf5.Group;
    const packing = compressed ? { chunks: [...shape], compression: 9 } : {};
    group.create_dataset({ name, data: data as never, shape: [...shape], ...packing });
  }
  for (const [name, value] of Object.entries(attributes)) file.create_attribute(name, value);
  file.close();
  const bytes = FS?.readFile('/made-for-tests.h5') as Uint8Array;
  FS?.unlink('/made-for-tests.h5');
  return bytes;
}
