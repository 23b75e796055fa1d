/** What package.json's `imports` name so. */
declare module '#gpu.js' {
  const gpujs: unknown;
  export default gpujs;
}
