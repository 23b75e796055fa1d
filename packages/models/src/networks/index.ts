/** @file All networks. */
export { type AlexNetOptions, alexNet } from './alexnet.ts';
export { denseNet121, denseNet169, denseNet201 } from './densenet.ts';
export { type EfficientNetName, type EfficientNetOptions, efficientNet } from './efficientnet.ts';
export { ferNet } from './fer-net.ts';
export { averageHead, flattenHead, hiddenHead, withHead } from './heads.ts';
export { inceptionV3 } from './inception-v3.ts';
export { type LightAlexVggOptions, lightAlexVgg } from './light-alex-vgg.ts';
export { mobiExpressNet } from './mobi-express-net.ts';
export { type MobileNetV2Options, mobileNetV2 } from './mobilenet-v2.ts';
export type { KerasOptions, NetworkOptions } from './options.ts';
export { resNet50V2 } from './resnet50-v2.ts';
export { type VggOptions, vgg16, vgg19 } from './vgg.ts';
