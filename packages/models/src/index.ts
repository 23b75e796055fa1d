/** @file @fer/models: networks, pretrained weights, import and export. */
export {};
