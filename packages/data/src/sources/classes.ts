/** @file The expressions that faces are sorted into. */

/** FER2013's seven, in the order of its labels. */
export const FER2013_CLASSES = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;
