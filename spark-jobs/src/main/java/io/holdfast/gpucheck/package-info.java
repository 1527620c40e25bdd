/** Whether a GPU computes what the CPU computes: golden vectors, parity and throughput. */
package io.holdfast.gpucheck;
