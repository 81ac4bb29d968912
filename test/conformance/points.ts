// points.ts: the checklist, in its order.

import { connectionPoints } from "./points/connections.ts";
import { errorPoints } from "./points/errors.ts";
import { jsonPoints } from "./points/json.ts";
import { protobufPoints } from "./points/protobuf.ts";
import { sizePoints } from "./points/size.ts";
import { successPoints } from "./points/success.ts";
import { transportPoints } from "./points/transport.ts";
import type { Point } from "./suite.ts";

export const POINTS: readonly Point[] = [
  ...transportPoints,
  ...sizePoints,
  ...successPoints,
  ...errorPoints,
  ...jsonPoints,
  ...protobufPoints,
  ...connectionPoints,
];
